#!/bin/sh
# No service of a guest starts while its disk is serviced: "action forbidden by policy".
exit 101
