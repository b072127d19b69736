"""Labels: what is printed and stuck on a pack.

`spec` says what stands on a label and where labels stand on a sheet, `qr` makes the symbol, `layout` decides where each
line goes, `images` and `pdf` draw. All of these are pure: no database, no request, no clock. Whether a label may be
printed at all is for the services on top, never for the drawers.
"""
