// What calls that read timelines have in common: what is asked for, and what the audit says of it.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/timeline_filter.h"
#include "formats/wire/chartline.capnp.h"
#include "formats/wire/events_writer.h"
#include "server/holder.h"

namespace chartline::server {

engine::TimelineFilter read_filter(wire::Filter::Reader from, record::Arena& words);  // text is copied into `words`
wire::WithDetails details_of(wire::Fields fields);
engine::AuditEntry read_entry(const Holder& holder, std::vector<engine::PatientRef> patients, std::uint64_t rows);

}  // namespace chartline::server
