# configs/device: the first file that speaks of a device is taken.
set(DEVICE_FILES epyc_intel.yaml epyc_pocl.yaml h200.yaml xeon_amx_pocl.yaml)
