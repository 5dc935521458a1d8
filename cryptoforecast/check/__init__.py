"""The examination of a model: what the framework relies on, tried in less than a minute on small made-up closes.

A *line* is one thing that is tried. It *holds*, it *fails*, it is a *warning*, or it was *not tried*, with the reason.
"""
