"""What is looked after beside the queue: drift and its healing, hosts in maintenance, what is removed."""
