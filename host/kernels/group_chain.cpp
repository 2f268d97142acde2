#include "host/kernels/group_chain.h"

#include <algorithm>
#include <cstring>
#include <numeric>
#include <span>

#include "host/kernels/chain_parts.h"
#include "host/kernels/lanes.h"
#include "host/kernels/mma_rows.h"
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
constexpr int64_t kCounterBytes = 128;  ///< MEETING_WORDS of the kernel
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

/// Tiles that take about as long as a worker needs before its first.
constexpr int64_t kStartTiles = 1;

/// Workers for each of launches that wait for nothing, so that a group has one of one launch where that is no
/// slower than one of each; else nothing.
std::vector<int64_t> shared_workers(std::span<const MmaRowsTiles> launches, int64_t units) {
  int64_t apart = 0;  // tiles of a group
  for (const MmaRowsTiles& tiles : launches)
    apart += kStartTiles + divide_up(tiles.count, std::max<int64_t>(1, units / tiles.parts));
  for (int64_t each = 1; launches.size() > 1 && each + kStartTiles <= apart; ++each) {
    std::vector<int64_t> workers;
    for (const MmaRowsTiles& tiles : launches) workers.push_back(tiles.parts * divide_up(tiles.count, each));
    if (std::accumulate(workers.begin(), workers.end(), int64_t{0}) <= units) return workers;
  }
  return {};
}

}  // namespace

GroupChain::GroupChain(const cl::Device& device, std::vector<BoundLaunch> launches,
                       const ProgramLookup& programs)
    : device_(device), launches_(std::move(launches)), steps_(launches_.size()) {
  for (const BoundLaunch& b : launches_) threads_ = std::max(threads_, b.launch->local_size);
  const cl::Program program = build(programs);
  addresses_ = chain_addresses(device_, program, launches_);
  std::vector<std::vector<Access>> accesses = chain_accesses(launches_, addresses_);
  for (size_t i = 0, at = 0; i < launches_.size(); at += launches_[i++].buffers.size()) {
    first_address_.push_back(at);
    steps_[i].accesses = std::move(accesses[i]);
    steps_[i].places = static_cast<int64_t>(threads_ / launches_[i].launch->local_size);
  }
  counters_ = device_.allocate_touched(2 * most_meetings() * kCounterBytes);
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
  source.sm_90a =
      std::ranges::any_of(launches_, [](const BoundLaunch& b) { return b.launch->program.sm_90a; });
  source.defines = {constant("CHAIN_LOCAL", static_cast<int64_t>(local_bytes_)),
                    constant("CHAIN_RECORD", static_cast<int64_t>(record_words_)),
                    constant("CHAIN_PTX", ptx ? 1 : 0)};
  return programs(source);
}

int64_t GroupChain::most_meetings() const {
  return static_cast<int64_t>(launches_.size());
}

void GroupChain::expect_side_by_side() {
  enqueue(0, device_.info().is_cpu ? kTrialSpinsOfCpu : kTrialSpins);
  cl_int late = 0;
  device_.read(late_, std::as_writable_bytes(std::span(&late, 1)));
  if (late != 0) throw Error(Fault::device, "groups of one launch do not run side by side");
}

void GroupChain::find_order(const std::vector<Work>& works) {
  bool same = !order_.empty();
  for (size_t i = 0; i < works.size(); ++i) {
    same = same && steps_[i].workers == works[i].groups;
    steps_[i].workers = works[i].groups;
  }
  if (same) return;
  order_ = chain_order(steps_, device_.info().compute_units);
}

void GroupChain::share_out(std::vector<Work>& works) const {
  for (size_t first = 0; first < order_.size();) {
    std::vector<MmaRowsTiles> tiles;
    const int function = functions_[order_[first].step];
    size_t end = first;
    for (; end < order_.size() && (end == first || !order_[end].waits); ++end) {
      const ChainTurn& turn = order_[end];
      const auto mine = mma_rows_tiles(*launches_[turn.step].launch, works[turn.step]);
      if (!mine || turn.owner >= 0 || functions_[turn.step] != function) break;
      tiles.push_back(*mine);
    }
    const std::vector<int64_t> workers = shared_workers(tiles, device_.info().compute_units);
    for (size_t k = 0; k < workers.size(); ++k) works[order_[first + k].step].groups = workers[k];
    first = std::max(end, first + 1);
  }
}

void GroupChain::append_record(size_t launch, const Work& work, const GroupLink& link,
                               std::vector<std::byte>& records) const {
  const BoundLaunch& b = launches_[launch];
  const size_t bytes = record_bytes(b, work);
  if (bytes > record_words_ * sizeof(cl_uint)) throw Error(Fault::run, "arguments have grown");
  GroupLink whole = link;
  whole.function = functions_[launch];
  whole.workers = narrow(work.groups, "workers");
  whole.scratch = static_cast<i32>(aligned(b.launch->local_bytes));
  whole.args = static_cast<i32>(args_at(b));
  whole.words = static_cast<i32>(bytes / sizeof(cl_uint));
  const size_t at = records.size();
  records.resize(at + bytes);
  std::byte* record = records.data() + at;
  std::memcpy(record, &whole, sizeof whole);
  std::memcpy(record + sizeof whole, addresses_.data() + first_address_[launch],
              b.buffers.size() * sizeof(uint64_t));
  std::memcpy(record + args_at(b), work.args.data(), work.args.size());
}

int GroupChain::write_records(const graph::Sizes& sizes) {
  std::vector<Work> works;
  for (const BoundLaunch& b : launches_) works.push_back(b.launch->work(sizes));
  find_order(works);
  share_out(works);
  std::vector<std::byte>& records = written_.bytes();
  records.clear();
  const int64_t units = device_.info().compute_units;
  int64_t workers = 0;  // since the last wait
  for (const ChainTurn& turn : order_) {
    const Work& work = works[turn.step];
    if (turn.waits) workers = 0;
    GroupLink link{};
    link.waits = turn.waits ? 1 : 0;
    link.turn = static_cast<i32>(turn.owner >= 0 ? turn.owner : workers % units);
    link.takers = static_cast<i32>(turn.owner >= 0 ? 1 : std::min(units, work.groups));
    append_record(turn.step, work, link, records);
    if (turn.owner < 0) workers += work.groups;
  }
  written_.enqueue(device_, records_);
  return static_cast<int>(order_.size());
}

void GroupChain::enqueue(int count, cl_int most_spins) {
  const auto groups = static_cast<size_t>(device_.info().compute_units);
  kernel_->set_all(records_, count, counters_, set_, narrow(most_meetings(), "meetings"), most_spins, late_,
                   cl::LocalBytes{local_bytes_ + record_words_ * sizeof(cl_uint)});
  kernel_->enqueue(device_, cl::NdRange({groups * threads_}, {threads_}));
  set_ = 1 - set_;
}

void GroupChain::run(const graph::Sizes& sizes) {
  enqueue(write_records(sizes), 0);
}

}  // namespace clinfer::kernels
