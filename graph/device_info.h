#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace clinfer::graph {

/// What small probe programs built, ran and answered correctly on the device. Names and extension strings do
/// not count: only a right answer sets a flag. CLINFER_DISABLE masks flags by name.
struct Probes {
  bool base = false;            ///< arithmetic, local memory, barrier, struct argument by value
  bool fp16 = false;            ///< arithmetic on `half`, whether or not the extension is advertised
  bool fp32_denormals = false;  ///< float denormals are neither flushed on load nor on arithmetic
  bool x86_vnni_asm = false;    ///< inline vpdpbusd on zmm registers
  bool x86_avx512_asm = false;  ///< inline vfmadd231ps on zmm registers
  bool x86_amx_int8 = false;    ///< inline AMX, products of bytes
  bool x86_amx_bf16 = false;    ///< inline AMX, products of bf16, and bf16's conversions of AVX-512
  bool ptx_asm = false;         ///< inline PTX
  bool ptx_e4m3 = false;        ///< PTX that converts E4M3 (sm_89 and later)
  bool wgmma = false;           ///< instructions of sm_90a through the program's binary

  bool operator==(const Probes&) const = default;
};

/// One OpenCL device as a plain value: planners and printers read it without knowing OpenCL.
struct DeviceInfo {
  std::string id;  ///< "cpu0", "gpu0", "acc0": numbered per kind over all platforms, in enumeration order
  std::string name;
  std::string vendor;
  std::string platform;  ///< platform name and version
  std::string driver_version;
  std::string opencl_c_version;  ///< "OpenCL C 1.2 ..."
  int platform_index = 0;        ///< P of the selector P:D
  int device_index = 0;          ///< D of the selector P:D
  bool is_cpu = false;
  bool is_gpu = false;
  int64_t compute_units = 0;
  int64_t global_bytes = 0;
  int64_t max_alloc_bytes = 0;  ///< largest single buffer
  int64_t local_bytes = 0;
  int64_t max_work_group = 0;    ///< work-items in one group
  int64_t base_align_bytes = 1;  ///< offsets of sub-buffers are multiples of this
  bool unified_memory = false;   ///< shares memory with the host
  bool fp16_extension = false;
  bool subgroups = false;
  bool integer_dot = false;
  bool command_buffer = false;
  Probes probes;
  /// Constants of kernel variants measured on this device, by name; what is not in here has its default.
  std::map<std::string, int64_t> tuning;
  bool usable = false;
  std::string unusable_reason;  ///< empty when usable

  bool operator==(const DeviceInfo&) const = default;
};

}  // namespace clinfer::graph
