"""scalebridge: autoscaling that goes through Git.

    trigger ──► evaluate ──► decide ──► batch ──► commit ──► publish ──► notify
    (a tick,    (what do     (how many, (wait a   (splice    (push by    (tell the
     an alert)   the metrics  and why)   little)   digits)    compare-    reconciler)
                 say)                                         and-swap)

Below the pipeline lie `policy` (what owners ask for), `repo` (the state repo), `manifest` (where
a count stands in a file), `settings`, and the languages that people write: `documents` (YAML with
its lines), `misspelt` (what a mistyped name was meant to be), `formula`, `cron`, `units`. At the
bottom `errors` (what may go wrong, as a tree) and `secrecy` (what no text may show). Above it
`observe`, `backtest` and `server`, then `service`, which runs it all, and the `commands` of `cli`;
`demo` shows it live.
A stage imports only what lies below it; the import contracts in pyproject.toml keep that true.
"""

__version__ = "0.1.0"
