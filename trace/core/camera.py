"""Pages on which a camera may be used to scan: the two headers that differ from all others."""

from flask import Response

from trace.core.http import content_security_policy

# The reader of codes is WebAssembly; it may be compiled here, and nothing may be evaluated as a script.
SCRIPTS = "'self' 'wasm-unsafe-eval'"
PERMISSIONS = "camera=(self), geolocation=(), microphone=()"


def lend_camera(answer: Response, **policy: str) -> Response:
    """Let this page of ours, and nothing framed in it, ask for the camera; ``policy`` as for the security policy."""
    answer.headers["Permissions-Policy"] = PERMISSIONS
    answer.headers["Content-Security-Policy"] = content_security_policy(script_src=SCRIPTS, **policy)
    return answer
