"""HTTP in and out: webhooks, the status page, the API, health and metrics.

Start at `http`; `webhooks` takes in, `face` and `api` show, `desk` takes orders.
"""
