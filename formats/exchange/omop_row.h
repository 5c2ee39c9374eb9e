// OmopRows: the rows of one file of an OMOP table that is about persons, care or places, each made into one Record with
// one event, as omop_tables.h says.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "formats/exchange/attribute_names.h"
#include "formats/exchange/csv.h"
#include "formats/exchange/draft.h"
#include "formats/exchange/omop_context.h"
#include "formats/exchange/omop_tables.h"
#include "formats/exchange/row_report.h"

namespace chartline::exchange {

class OmopRows {
 public:
  // nullptr if the file lacks the column that says whom the table's rows are about.
  static std::unique_ptr<OmopRows> bind(const OmopTable& table, Csv& csv, OmopContext& context, RowReport& report);

  // The row at which the Csv stands: hands over its record, or reports it as rejected.
  Result<void> tell(RecordSink& sink);

 private:
  struct Attribute {
    std::size_t column;
    OmopRole role;
    std::string_view name;
    std::string_view target;
  };

  OmopRows(const OmopTable& table, Csv& csv, OmopContext& context, RowReport& report);
  void bind_columns();

  bool has(OmopRole role) const { return columns_[static_cast<std::size_t>(role)].has_value(); }
  std::string_view cell(OmopRole role) const;   // without outer white space; "" if there is no such column
  std::string_view field(OmopRole role) const;  // the column's name; "" if there is no such column
  std::string_view attribute_of(OmopRole role) const { return names_[static_cast<std::size_t>(role)]; }
  record::Code code(std::int64_t concept_id) { return context_.concepts().code(concept_id, draft_.arena()); }

  Result<std::int64_t> concept_id(std::string_view cell, std::string_view field, std::string_view kept_as);
  Result<void> set_person();
  Result<void> set_record();
  Result<void> set_code();
  Result<void> set_end();
  Result<void> set_value();
  Result<void> set_number();
  Result<void> set_unit();
  Result<void> set_birth();
  Result<void> add_attribute(const Attribute& attribute);

  const OmopTable& table_;
  Csv& csv_;
  OmopContext& context_;
  RowReport& report_;
  const record::Zone& zone_;
  record::Source source_;
  std::string organisation_, database_, person_system_, person_source_system_;
  const OmopPerson* person_ = nullptr;  // of the row at hand; nullptr: not known
  std::array<std::optional<std::size_t>, omop_single_roles> columns_;
  std::array<std::string_view, omop_single_roles> names_;
  std::vector<Attribute> attributes_;
  AttributeNames names_of_attributes_;
  Draft draft_;
};

}  // namespace chartline::exchange
