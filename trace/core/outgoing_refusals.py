"""Why a request of ``trace.core.outgoing`` did not leave, or brought nothing back; each has a code of its own."""

from trace.core.errors import Refusal


class OutgoingRefused(Refusal):
    """A request that does not leave; ``code`` says which rule stopped it."""

    code = "outgoing-refused"
    http_status = 422


class AddressMalformed(OutgoingRefused):
    """The address cannot be read, or has parts that do not belong in one."""

    code = "outgoing-address-malformed"


class SchemeNotAllowed(OutgoingRefused):
    """Only https."""

    code = "outgoing-not-https"


class PortNotAllowed(OutgoingRefused):
    """Only the ports of the web."""

    code = "outgoing-port-not-allowed"


class AddressNotPublic(OutgoingRefused):
    """The name leads, in one answer at least, to an address that is not on the open internet."""

    code = "outgoing-address-not-public"


class OutgoingFailed(OutgoingRefused):
    """The request left or could have left, and no usable answer came; another try may help."""

    code = "outgoing-failed"


class NameNotFound(OutgoingFailed):
    """The name has no address."""

    code = "outgoing-name-not-found"


class NotReached(OutgoingFailed):
    """Nobody takes connections at the address, or the answer broke off."""

    code = "outgoing-not-reached"


class CertificateNotTrusted(OutgoingFailed):
    """The certificate is not one of that name."""

    code = "outgoing-certificate-not-trusted"


class TooSlow(OutgoingFailed):
    """The time for the whole request is over."""

    code = "outgoing-too-slow"


class AnswerTooLarge(OutgoingFailed):
    """More bytes came than are read."""

    code = "outgoing-answer-too-large"


class Redirected(OutgoingFailed):
    """The answer points elsewhere; nobody goes there."""

    code = "outgoing-redirected"
