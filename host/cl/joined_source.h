#pragma once

#include <span>
#include <string>

#include "host/cl/program.h"
#include "host/cl/source_loader.h"

namespace clinfer::cl {

/// Before the number of work-items of a unit's groups, among its constants; without it groups are of one.
inline constexpr std::string_view kGroupDefine = "CHAIN_GROUP=";

/// How kernels become functions of another program.
enum class JoinAs { items, groups };

/// The text of several programs in one: a function for each kernel, numbered in the order they are named, and
/// behind them a macro that calls the one with a number. `pointers` are addresses of the kernel's buffers,
/// `args` its argument struct. A kernel takes buffers, then one struct, then at most one local pointer.
///
/// JoinAs::items, where all groups are of one work-item: it does what group `worker` of `workers` of the
/// kernel does; `scratch`: floats for its local memory.
///   #define CHAIN_CALL(function, worker, workers, pointers, args, scratch)
/// JoinAs::groups: groups of CHAIN_THREADS work-items, the most that a unit has, call it together, and it
/// does what group `group` of `groups` has to of `workers` groups of the kernel; `memory`: CHAIN_LOCAL bytes
/// of local memory, `scratch`: those of the kernel's local pointer. Smaller groups, of 32 work-items or a
/// power of two more, lie side by side in one, with PTX's barriers.
///   #define CHAIN_CALL(function, group, groups, workers, pointers, args, memory, scratch, begun)
///   #define CHAIN_BEGIN(function, group, workers, pointers, args, memory)
/// The program defines CHAIN_FUNCTION, always_inline or noinline, for functions of whole groups.
/// CHAIN_BEGIN calls the kernel <name>_begin, where <name> has one in its unit and groups of CHAIN_THREADS:
/// it reads nothing that others write, and leaves what it has in local memory, which both declare alike. With
/// `begun` CHAIN_BEGUN then is true for that worker of <name>.
///
/// Names of each unit get a prefix of their own and its macros end with it, so that units may define the
/// same; for that, brackets must balance in each branch of an #if. Throws Error(Fault::device) when a file is
/// missing or has no such kernel.
std::string join_units(const SourceLoader& loader, std::span<const JoinedUnit> units, JoinAs as);

/// An entry's text with functions of the units in place of its line CHAIN_FUNCTIONS(items) or
/// CHAIN_FUNCTIONS(groups). Throws Error(Fault::device) also when it has none.
std::string with_functions(const SourceLoader& loader, std::string entry, std::span<const JoinedUnit> units);

}  // namespace clinfer::cl
