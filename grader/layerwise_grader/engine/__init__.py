"""Grades strangers' notebooks: rebuilt, run in a sandbox, judged from outside.

In the order in which a submission passes: ``rebuild`` (what to run), ``pool`` (which process judges it), ``desk`` (a
trusted process with one sandbox), ``remote`` (the learner's answer as the judge sees it), ``wire`` (what crosses),
``sandbox`` (the walls), ``zygote`` and ``worker`` (what runs inside them), ``gradebook`` (where the points go).
"""
