#pragma once

#include <functional>
#include <string>
#include <vector>

#include "host/quantize/bands.h"
#include "host/quantize/rules.h"
#include "host/stored/stored_matrix.h"

namespace clinfer::quantize {

/// A weight of a checkpoint, or any other tensor of it, and what becomes of it.
struct Item {
  std::string name;            ///< "X.weight", whatever the tensors are called that it is stored as
  std::string role;            ///< "" for what the model's graph does not read
  stored::StoredMatrix shape;  ///< without data; format nullptr: a tensor that is no weight
  Encoding encoding;           ///< format nullptr: it stays as it is
  bool matrix = false;         ///< of two dimensions or more
};

/// Everything a checkpoint holds, by name, with what the rules say of it. Throws Error(Fault::model) for
/// weights that cannot be read, Error(Fault::usage) naming the tensor where a rule speaks of one that is no
/// matrix of numbers.
std::vector<Item> list_items(const io::Checkpoint& checkpoint, const Rules& rules, const Roles& roles);

/// Bytes that its tensors have in the checkpoint.
uint64_t stored_bytes(const Item& item);

/// Whether its matrices must be encoded: it gets a format that it is not in.
bool is_converted(const Item& item);

/// The format it will have; nullptr for one that is no weight.
const quant::Format* written_format(const Item& item);

/// The shape that it has as plain numbers, whatever words it is stored in.
std::vector<int64_t> number_shape(const Item& item);

/// Where progress goes: bytes of the checkpoint dealt with. May throw to stop.
using ReadBytes = std::function<void(uint64_t more)>;

/// Calls sink for the item's matrices in order, band by band, in written_format(item). Of bands that are as
/// stored `values` is empty.
void for_bands(const Item& item, const io::Checkpoint& checkpoint,
               const std::function<void(int64_t matrix, const Band&)>& sink, const ReadBytes& read);

/// Calls sink for pieces of the tensor's bytes as they are.
void for_pieces(const io::Tensor& tensor,
                const std::function<void(uint64_t offset, std::span<const std::byte>)>& sink,
                const ReadBytes& read);

}  // namespace clinfer::quantize
