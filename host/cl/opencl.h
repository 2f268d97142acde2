#pragma once

// The one place that chooses the API level. Only OpenCL 1.2 calls are used, so that a 1.2 driver suffices;
// newer enumerators are for queries whose failure means "absent".
#define CL_TARGET_OPENCL_VERSION 300
#define CL_USE_DEPRECATED_OPENCL_1_2_APIS
#include <CL/cl.h>
