"""Revision 0001, written out: every table, index and trigger of the first release. Never edited afterwards."""
