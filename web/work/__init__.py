"""Pages of daily work: what waits for me, queues, what waits for a signature."""
