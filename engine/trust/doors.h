// Doors: the ways into and out of a store that lead past a View, and what a grant lets through each. Whoever serves a session
// asks here before Store::write, and after Store::changes. Store::stats and housekeeping are for Right::operate alone.
#pragma once

#include <span>
#include <vector>

#include "base/result.h"
#include "engine/store.h"
#include "engine/trust/grant.h"

namespace chartline::engine {

// Contributions stand under a source of their own, so that they never take the place of what others have recorded.
inline constexpr std::string_view contributed = "contributed";  // the organisation; the system is the user

// Whether these may be written. A source system: records of its own organisation. A patient or carer: of a record that they
// see, under its one identifier, with themselves as author, under the source of contributions. Everyone else: nothing.
Result<void> may_write(const View& narrowed, std::span<const record::Record> records);

// The changes of those whom the grant shows. `unsupported` where it shows anybody in part or not by name: what a number that
// was removed stood for cannot be told from the feed.
Result<std::vector<FeedEntry>> seen_changes(const Grant& grant, std::vector<FeedEntry> changes);

}  // namespace chartline::engine
