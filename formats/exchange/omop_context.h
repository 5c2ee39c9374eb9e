// OmopContext: what one import of an OMOP database knows besides the row at hand: the tables that others refer to. They are
// read in a first pass, so that it does not matter in which order files come, and take memory as OmopConcepts says, and
// about 100 bytes per person, provider and care site.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "formats/exchange/csv.h"
#include "formats/exchange/life.h"
#include "formats/exchange/omop_concepts.h"
#include "formats/exchange/omop_tables.h"
#include "formats/exchange/reader.h"
#include "formats/exchange/row_ids.h"
#include "formats/exchange/text_map.h"

namespace chartline::exchange {

struct OmopPerson {
  bool has_row = false;  // in PERSON
  Life life;
};

class OmopContext {
 public:
  explicit OmopContext(const ReadOptions& options) : options_(options) {}

  // For a table that others refer to (cdm_source, concept, provider, care_site, person, death): a function that learns from
  // the row at which the Csv stands. Empty for other tables. What cannot be used is passed over here: whoever makes a record
  // or a concept of the row reports it.
  using Learn = std::function<void()>;
  static bool is_reference(std::string_view table);
  Learn learner(std::string_view table, const Csv& csv);

  const ReadOptions& options() const { return options_; }
  const OmopConcepts& concepts() const { return concepts_; }
  OmopConcepts& concepts() { return concepts_; }

  // Names of who says so. Person ids are unique in one database only, so its name is part of the identifier's system:
  // the import's source if it was named, else CDM_SOURCE's abbreviation or name.
  std::string organisation() const { return options_.source.empty() ? "omop" : options_.source; }
  std::string database() const { return database_.empty() ? "omop" : database_; }
  std::string person_system() const;

  const OmopPerson* person(std::string_view id) const;  // nullptr: in neither PERSON nor DEATH
  bool has_persons() const { return has_persons_; }     // whether there was a PERSON table at all
  std::int64_t specialty(std::string_view provider) const { return find(specialties_, provider); }  // 0: not known
  std::int64_t place_of_service(std::string_view care_site) const { return find(places_, care_site); }
  RowIds& row_ids(const OmopTable& table) { return row_ids_[&table]; }

 private:
  using ConceptById = TextMap<std::int64_t>;

  static std::int64_t find(const ConceptById& ids, std::string_view id);
  Learn database_learner(const Csv& csv);
  Learn concept_learner(const Csv& csv);
  Learn person_learner(const Csv& csv);
  Learn death_learner(const Csv& csv);
  Learn concept_of_learner(const Csv& csv, std::string_view id_column, std::string_view concept_column,
                           ConceptById& into);

  const ReadOptions& options_;
  OmopConcepts concepts_;
  std::string database_;
  bool has_persons_ = false;
  TextMap<OmopPerson> persons_;
  ConceptById specialties_;
  ConceptById places_;
  std::unordered_map<const OmopTable*, RowIds> row_ids_;
};

// What PERSON's columns say of the birth. `differs`: birth_datetime is not on the date that year, month and day give; the
// date was taken. `bad`: one of them cannot be read or is out of range; what is left of the date was taken.
struct OmopBirth {
  enum class State : std::uint8_t { known, differs, bad };
  State state = State::known;
  record::Time time;  // precision none: not said
};
OmopBirth omop_birth(std::string_view year, std::string_view month, std::string_view day, std::string_view datetime,
                     const record::Zone& zone);

}  // namespace chartline::exchange
