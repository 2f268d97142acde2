#pragma once

#include <vector>

#include "host/report/data.h"
#include "host/report/table.h"

namespace clinfer::report {

/// Tables of the optional sections, in the order of the report; those without rows are left out.
std::vector<Table> section_tables(const Report& report);

Table propagation_table(const Report& report);  ///< residual stream SQNR behind some layers
Table own_error_table(const Report& report);    ///< outputs of matrices on the base's inputs, by role
Table routing_table(const Report& report);      ///< tokens whose experts change, by layer
Table draft_table(const Report& report);
Table needle_table(const Report& report);
Table generation_table(const Report& report);
Table activation_table(const Report& report);
Table agreement_table(const Report& report);
Table kernel_table(const Report& report);
Table conformance_table(const Report& report);
Table attribution_table(const Report& report);
Table blocks_table(const Report& report);
Table history_table(const Report& report);

}  // namespace clinfer::report
