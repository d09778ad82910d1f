"""How many, and why: values and `now` in, a Decision out. Pure.

`decide` keeps the order of the steps. Who has the say where the metrics have none: `suspended`
(`override`, `pause`). What they ask for: `question` and `wishes`, from `wish`, `recommendation`,
`modifiers`, `fallback`. Rest and waking: `rest`, by KEDA's `activation`. The HPA's pass:
`reconcile`, of `normalization`, `stabilization`, `behavior`. Our own care: `holds`, `ratio`,
`rollout`, `dead_time`. Minimums for a time: `floors`, of `schedule` and `alerts`. What was before:
`recall`, `memory`, `window`. What comes out: `decision`, `reason`, `explanation`.
"""
