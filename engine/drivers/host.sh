#!/bin/sh
# The host script.
exit 64
