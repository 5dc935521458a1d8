"""What carries out fits: processes of this machine."""
