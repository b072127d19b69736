"""Commands: ``python -m trace.cli NAME`` before there is an application, ``flask --app trace NAME`` beside it.

Commands start things and print for people; what they do is done by services below. Texts are English: whoever
runs a server reads these, not the users of the service.
"""
