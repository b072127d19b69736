"""What a full address (URI) is. Pure."""

import re

# RFC 3986, appendix A, "URI": absolute, ASCII, percent triplets whole.
_PCHAR = r"(?:[A-Za-z0-9\-._~!$&'()*+,;=:@]|%[0-9A-Fa-f]{2})"
_AUTHORITY = r"(?:[A-Za-z0-9\-._~!$&'()*+,;=:@]|%[0-9A-Fa-f]{2}|\[[0-9A-Fa-f:.]+\])*"
is_uri = re.compile(
    rf"[A-Za-z][A-Za-z0-9+.\-]*:(?://{_AUTHORITY}(?:/{_PCHAR}*)*|/?(?:{_PCHAR}+(?:/{_PCHAR}*)*)?)"
    rf"(?:\?(?:{_PCHAR}|[/?])*)?(?:#(?:{_PCHAR}|[/?])*)?"
).fullmatch
# The addresses of EPCIS are nearly always of this plain kind: found quickly, a part of the above.
is_plain_uri = re.compile(
    r"[a-z]+:(?://[A-Za-z0-9.\-]+/)?[A-Za-z0-9.\-_:;,*@!'()]+(?:/[A-Za-z0-9.\-_:;,*@!'()]+)*"
).fullmatch
