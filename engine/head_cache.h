// Heads that a fold has just made anew, for the cache: whoever writes to a patient or reads it next needs not look it up again.
#pragma once

#include <memory>

#include "engine/moment.h"

namespace chartline::engine {

// Of the patient as of the base with this serial, before that is shown to anybody.
void keep_head(const ShardMoment& shard, PatientId patient, std::uint64_t serial,
               std::shared_ptr<const stored::Head> head);

}  // namespace chartline::engine
