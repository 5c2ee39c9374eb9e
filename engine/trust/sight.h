// Sight: what a grant shows of one patient's rows, as readers of stored rows ask it. The same as Grant::shows, which is the
// simple form. Borrows the grant and the dictionary.
#pragma once

#include "engine/dictionary.h"
#include "engine/trust/grant.h"
#include "formats/stored/row.h"
#include "formats/stored/run.h"

namespace chartline::engine {

class Sight {
 public:
  Sight(const Grant* grant, PatientRef patient, const Dictionary& names);  // null: no grant narrows

  bool shows_everything() const { return grant_ == nullptr; }
  std::uint32_t fields() const;                     // of a run (stored::RunField) that are looked at
  bool needs_details() const { return by_codes_; }  // kind and source alone do not decide
  bool shows(record::Kind kind, stored::Name source) const;
  bool shows(const stored::Row& row) const;

 private:
  bool shows_source(stored::Name source) const;
  CategoryMask of(const stored::RowValue& value) const { return categories().of_code(names_.code(value.code)); }
  const Categories& categories() const { return *grant_->categories; }

  const Grant* grant_ = nullptr;  // null where everything is shown
  const CategoryRule* rule_ = nullptr;
  bool by_category_ = false, by_codes_ = false;
  const Dictionary& names_;
};

}  // namespace chartline::engine
