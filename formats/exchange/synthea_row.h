// SyntheaRows: the rows of one file of a Synthea table, each made into one Record, as synthea_tables.h says.
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
#include "formats/exchange/life.h"
#include "formats/exchange/row_report.h"
#include "formats/exchange/synthea_tables.h"
#include "formats/exchange/text_map.h"

namespace chartline::exchange {

// The lives of the patients, by id; about 150 bytes each. Known only where patients.csv can be read before the rest.
using SyntheaLives = TextMap<Life>;

// Learns from the row of patients.csv at which the Csv stands; what cannot be read is left to its record to report.
void learn_life(const Csv& csv, const record::Zone& zone, SyntheaLives& into);

class SyntheaRows {
 public:
  // nullptr if the file lacks the column that says whom the table's rows are about.
  static std::unique_ptr<SyntheaRows> bind(const SyntheaTable& table, Csv& csv, const ReadOptions& options,
                                           const SyntheaLives& lives, RowReport& report);

  // The row at which the Csv stands: hands over its record, or reports it as rejected.
  Result<void> tell(RecordSink& sink);

 private:
  struct Attribute {
    std::size_t column;
    SyntheaRole role;
    std::string_view name;
    std::string_view detail;
    std::optional<std::size_t> display;  // column of a code's description
  };

  SyntheaRows(const SyntheaTable& table, Csv& csv, const ReadOptions& options, const SyntheaLives& lives,
              RowReport& report);
  void bind_columns();

  std::string_view cell(SyntheaRole role) const;   // without outer white space; "" if there is no such column
  std::string_view field(SyntheaRole role) const;  // the column's name; "" if there is no such column

  void set_record();
  void set_code();
  Result<void> set_end(const record::Time& start);
  Result<void> set_value();
  Result<void> add_attribute(const Attribute& attribute);
  Result<void> set_life();
  Result<void> check_patient();

  const SyntheaTable& table_;
  Csv& csv_;
  const ReadOptions& options_;
  const SyntheaLives& lives_;
  RowReport& report_;
  std::array<std::optional<std::size_t>, synthea_single_roles> columns_;
  std::vector<Attribute> attributes_;
  AttributeNames names_;
  Draft draft_;
};

}  // namespace chartline::exchange
