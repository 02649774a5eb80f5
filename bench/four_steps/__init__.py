"""The process that thidua and its peers are compared on."""
