#pragma once

#include "host/text/jinja/builtins.h"

namespace clinfer::text::jinja {

// Filters over the items of a list; a dict's keys, a string's characters. Signatures as jinja::Filter.
Value filter_join(const Value& input, const Arguments& arguments, const Services& services);
Value filter_sort(const Value& input, const Arguments& arguments, const Services& services);
Value filter_dictsort(const Value& input, const Arguments& arguments, const Services& services);
Value filter_unique(const Value& input, const Arguments& arguments, const Services& services);
Value filter_reverse(const Value& input, const Arguments& arguments, const Services& services);
Value filter_sum(const Value& input, const Arguments& arguments, const Services& services);
Value filter_min(const Value& input, const Arguments& arguments, const Services& services);
Value filter_max(const Value& input, const Arguments& arguments, const Services& services);
Value filter_map(const Value& input, const Arguments& arguments, const Services& services);
Value filter_select(const Value& input, const Arguments& arguments, const Services& services);
Value filter_reject(const Value& input, const Arguments& arguments, const Services& services);
Value filter_selectattr(const Value& input, const Arguments& arguments, const Services& services);
Value filter_rejectattr(const Value& input, const Arguments& arguments, const Services& services);

}  // namespace clinfer::text::jinja
