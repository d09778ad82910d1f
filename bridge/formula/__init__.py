"""Formulas of `scalingModifiers`, as expr-lang has them: text, nodes, kinds, values. Pure."""
