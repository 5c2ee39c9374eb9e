#include "engine/trust/sight.h"

#include <algorithm>

namespace chartline::engine {

Sight::Sight(const Grant* grant, PatientRef patient, const Dictionary& names) : names_(names) {
  if (!grant) return;
  rule_ = &grant->rule_of(patient);
  by_category_ = !rule_->shows_everything();
  by_codes_ = by_category_ && grant->categories && (grant->categories->with_codes() & rule_->asked());
  if (by_category_ || !grant->sources.empty()) grant_ = grant;
}

std::uint32_t Sight::fields() const {
  if (shows_everything()) return 0;
  return stored::field_source | stored::field_kind;
}

bool Sight::shows_source(stored::Name source) const {
  if (grant_->sources.empty()) return true;
  const record::Source named = names_.source(source);
  return std::ranges::any_of(grant_->sources, [&](const SourceScope& scope) { return scope.covers(named); });
}

bool Sight::shows(record::Kind kind, stored::Name source) const {
  if (shows_everything()) return true;
  if (!shows_source(source)) return false;
  return !by_category_ || rule_->shows(grant_->categories ? categories().of_kind(kind) : 0);
}

bool Sight::shows(const stored::Row& row) const {
  if (!by_codes_) return shows(row.kind, row.source);
  if (!shows_source(row.source)) return false;
  CategoryMask mask = categories().of_kind(row.kind) | categories().of_code(names_.code(row.code)) | of(row.value);
  for (const stored::Name code : row.translations) mask |= categories().of_code(names_.code(code));
  for (const stored::RowAttribute& attribute : row.attributes) mask |= of(attribute.value);
  return rule_->shows(mask);
}

}  // namespace chartline::engine
