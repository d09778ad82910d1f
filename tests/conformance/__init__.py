"""The replica counts of Kubernetes' HPA and KEDA, case by case, against our decision code."""
