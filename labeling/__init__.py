"""The workbench that turns newswire into trustworthy training data.

What ``__all__`` lists is for everybody: `load_project`, the verbs, the rows of the workspace's files, and the errors
(docs/python.md). All else is private and may change with any version. Nothing is loaded before it is asked for::

    import labeling

    project = labeling.load_project()
    labeling.pull(project)
    print(labeling.compile_dataset(project).folder)
"""

from __future__ import annotations

import lazy_loader

__version__ = "0.1.0"

# The names and where they live stand in __init__.pyi alone: type checkers read it as it is, Python when it is asked.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
