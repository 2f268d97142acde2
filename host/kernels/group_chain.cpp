#include "host/kernels/group_chain.h"

#include <algorithm>
#include <cstring>

#include "host/kernels/chain_parts.h"
#include "host/kernels/narrow.h"
#include "host/kernels/program.h"
#include "quant/error.h"

namespace clinfer::kernels {

namespace {

constexpr size_t kAlign = 16;              ///< of records, args and local memory
constexpr int64_t kLocalBytes = 48 << 10;  ///< of a group at most; some drivers allow a little less
/// About half a second: a look at memory that others write takes a GPU 0.6 us, a CPU a nanosecond or two.
constexpr cl_int kTrialSpins = 1 << 20;
constexpr cl_int kTrialSpinsOfCpu = 1 << 28;
constexpr graph::Sizes kOneToken{1, 1, 1};

constexpr size_t aligned(size_t bytes) {
  return (bytes + kAlign - 1) / kAlign * kAlign;
}

size_t args_at(const BoundLaunch& b) {
  return aligned(sizeof(GroupLink) + b.buffers.size() * sizeof(uint64_t));
}

size_t record_bytes(const BoundLaunch& b, const Work& work) {
  return args_at(b) + aligned(work.args.size());
}

}  // namespace

GroupChain::GroupChain(const cl::Device& device, std::vector<BoundLaunch> launches,
                       const ProgramLookup& programs)
    : device_(device), launches_(std::move(launches)), links_(launches_.size()) {
  const cl::Program program = build(programs);
  addresses_ = chain_addresses(device_, program, launches_);
  accesses_ = chain_accesses(launches_, addresses_);
  for (size_t i = 0, at = 0; i < launches_.size(); at += launches_[i++].buffers.size()) {
    first_address_.push_back(at);
  }
  arrived_ = device_.allocate_touched(kAlign);
  late_ = device_.allocate_touched(kAlign);
  records_ = device_.allocate(static_cast<int64_t>((launches_.size() + 1) * record_words_ * sizeof(cl_uint)));
  kernel_.emplace(program, "chain_groups");
  expect_side_by_side();
}

cl::Program GroupChain::build(const ProgramLookup& programs) {
  ChainFunctions functions = chain_functions(launches_);
  functions_ = std::move(functions.numbers);
  size_t bytes = 0;
  for (const BoundLaunch& b : launches_) bytes = std::max(bytes, record_bytes(b, b.launch->work(kOneToken)));
  record_words_ = bytes / sizeof(cl_uint);
  const auto most = static_cast<size_t>(std::min(device_.info().local_bytes, kLocalBytes));
  local_bytes_ = (most - bytes - 2 * kAlign) / kAlign * kAlign;
  const bool ptx = device_.info().probes.wgmma;
  cl::ProgramSource source;
  source.stem = "chain_groups";
  source.entry = "chain_groups.cl";
  source.units = std::move(functions.units);
  source.defines = {constant("CHAIN_LOCAL", static_cast<int64_t>(local_bytes_)),
                    constant("CHAIN_RECORD", static_cast<int64_t>(record_words_)),
                    constant("CHAIN_PTX", ptx ? 1 : 0)};
  return programs(source);
}

void GroupChain::expect_side_by_side() {
  enqueue(0, device_.info().is_cpu ? kTrialSpinsOfCpu : kTrialSpins);
  cl_int late = 0;
  device_.read(late_, std::as_writable_bytes(std::span(&late, 1)));
  if (late != 0) throw Error(Fault::device, "groups of one launch do not run side by side");
  arrived_before_ += static_cast<cl_uint>(device_.info().compute_units);
}

void GroupChain::find_waits(const std::vector<bool>& live) {
  std::vector<std::vector<Access>> accesses(launches_.size());
  for (size_t i = 0; i < launches_.size(); ++i) {
    if (live[i]) accesses[i] = accesses_[i];
  }
  const std::vector<bool> waits = chain_waits(accesses);
  meetings_ = 0;
  for (size_t i = 0; i < launches_.size(); ++i) {
    GroupLink& link = links_[i];
    link.function = functions_[i];
    link.waits = waits[i] ? 1 : 0;
    link.scratch = static_cast<i32>(aligned(launches_[i].launch->local_bytes));
    link.args = static_cast<i32>(args_at(launches_[i]));
    meetings_ += waits[i] ? 1 : 0;
  }
}

void GroupChain::append_record(size_t launch, const Work& work, i32 turn,
                               std::vector<std::byte>& records) const {
  const BoundLaunch& b = launches_[launch];
  const size_t bytes = record_bytes(b, work);
  if (bytes > record_words_ * sizeof(cl_uint)) throw Error(Fault::run, "arguments have grown");
  GroupLink link = links_[launch];
  link.workers = narrow(work.groups, "workers");
  link.turn = turn;
  link.words = static_cast<i32>(bytes / sizeof(cl_uint));
  const size_t at = records.size();
  records.resize(at + bytes);
  std::byte* record = records.data() + at;
  std::memcpy(record, &link, sizeof link);
  std::memcpy(record + sizeof link, addresses_.data() + first_address_[launch],
              b.buffers.size() * sizeof(uint64_t));
  std::memcpy(record + args_at(b), work.args.data(), work.args.size());
}

int GroupChain::write_records(const graph::Sizes& sizes) {
  std::vector<Work> works;
  std::vector<bool> live;
  for (const BoundLaunch& b : launches_) {
    works.push_back(b.launch->work(sizes));
    live.push_back(works.back().groups > 0);
  }
  if (live != live_) {
    find_waits(live);
    live_ = live;
  }
  std::vector<std::byte>& records = written_.bytes();
  records.clear();
  int count = 0;
  int64_t workers = 0;  // since the last wait
  for (size_t i = 0; i < launches_.size(); ++i) {
    if (!live[i]) continue;
    if (links_[i].waits != 0) workers = 0;
    append_record(i, works[i], static_cast<i32>(workers % device_.info().compute_units), records);
    workers += works[i].groups;
    ++count;
  }
  written_.enqueue(device_, records_);
  return count;
}

void GroupChain::enqueue(int count, cl_int most_spins) {
  const auto groups = static_cast<size_t>(device_.info().compute_units);
  size_t threads = 1;
  for (const BoundLaunch& b : launches_) threads = std::max(threads, b.launch->local_size);
  kernel_->set_all(records_, count, arrived_, arrived_before_, most_spins, late_,
                   cl::LocalBytes{local_bytes_ + record_words_ * sizeof(cl_uint)});
  kernel_->enqueue(device_, cl::NdRange({groups * threads}, {threads}));
}

void GroupChain::run(const graph::Sizes& sizes) {
  enqueue(write_records(sizes), 0);
  arrived_before_ += meetings_ * static_cast<cl_uint>(device_.info().compute_units);
}

}  // namespace clinfer::kernels
