#include "host/cl/x86_amx.h"

#if defined(__x86_64__) && defined(__linux__)
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>

namespace clinfer::cl {

namespace {

constexpr int kRequestState = 0x1023;        ///< ARCH_REQ_XCOMP_PERM of arch_prctl
constexpr int kTileData = 18;                ///< the state's number
constexpr uint32_t kTileStates = 3u << 17;   ///< configuration and data, in XCR0
constexpr uint32_t kSavesStates = 1u << 27;  ///< cpuid 1, ecx: xgetbv may be asked
constexpr uint32_t kAmxBf16 = 1u << 22;      ///< cpuid 7.0, edx
constexpr uint32_t kAmxTile = 1u << 24;      ///< "
constexpr uint32_t kAmxInt8 = 1u << 25;      ///< "
constexpr uint32_t kAvx512Bf16 = 1u << 5;    ///< cpuid 7.1, eax
constexpr uint32_t kFeatures = 7;

struct Registers {
  uint32_t a = 0;
  uint32_t b = 0;
  uint32_t c = 0;
  uint32_t d = 0;
};

Registers ask_processor(uint32_t leaf, uint32_t part) {
  Registers r;
  if (__get_cpuid_count(leaf, part, &r.a, &r.b, &r.c, &r.d) == 0) return {};
  return r;
}

bool tiles_are_saved() {
  if ((ask_processor(1, 0).c & kSavesStates) == 0) return false;
  uint32_t low = 0;
  uint32_t high = 0;
  __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return (low & kTileStates) == kTileStates;
}

bool may_use_tiles() {
  static const bool may = (ask_processor(kFeatures, 0).d & kAmxTile) != 0 && tiles_are_saved() &&
                          syscall(SYS_arch_prctl, kRequestState, kTileData) == 0;
  return may;
}

}  // namespace

bool may_use_amx_int8() {
  return (ask_processor(kFeatures, 0).d & kAmxInt8) != 0 && may_use_tiles();
}

bool may_use_amx_bf16() {
  return (ask_processor(kFeatures, 0).d & kAmxBf16) != 0 &&
         (ask_processor(kFeatures, 1).a & kAvx512Bf16) != 0 && may_use_tiles();
}

}  // namespace clinfer::cl

#else

namespace clinfer::cl {

bool may_use_amx_int8() {
  return false;
}
bool may_use_amx_bf16() {
  return false;
}

}  // namespace clinfer::cl

#endif
