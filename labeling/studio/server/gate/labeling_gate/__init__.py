"""The gate: a layer of ours before an unchanged Label Studio, inside its process.

Label Studio checks no CSRF token outside its log-in form, may be shown in a frame of any page, and lets passwords be
guessed as fast as it can check them. The gate refuses writes from elsewhere, forbids framing and slows guessing down.

It is not part of the package around it. The server process gets the folder above this one on its PYTHONPATH and
``DJANGO_SETTINGS_MODULE=labeling_gate.settings``, and imports ``labeling_gate`` as a package of its own: nothing of
``labeling`` is read there, which the vendor's image does not have. So every file here imports only the standard
library, Django, Label Studio and, by relative names, its neighbours; and nothing of ``labeling`` imports a file here,
but for the two pure ones by which a backend for other servers offers the same.
"""
