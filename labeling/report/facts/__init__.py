"""The facts of the report: the twelve questions of whoever leads the work, answered as far as the workspace can."""
