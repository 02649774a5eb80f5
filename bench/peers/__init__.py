"""The same four steps on thidua and on its peers, each peer in an environment and a process of its own."""
