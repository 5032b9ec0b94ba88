"""The same job as other tools do it: what Interlock's rollouts are measured against."""
