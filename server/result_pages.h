// Results of queries as they go into a message.
#pragma once

#include "formats/wire/chartline.capnp.h"
#include "query/complaint.h"
#include "query/result.h"

namespace chartline::server {

void write(const query::Schema& schema, wire::Schema::Builder into);
void write(const query::Batch& batch, wire::Rows::Builder into);
void write(const std::vector<query::Complaint>& complaints, capnp::List<wire::Complaint>::Builder into);

}  // namespace chartline::server
