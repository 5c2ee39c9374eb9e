// A session: what the inputs of a shell have defined so far. Each new input is prepared as one text: those earlier
// definitions that it needs, in an order in which each is known before it is used, and the input itself. A later
// definition replaces one of the same name, for those that use it too.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cli/console.h"
#include "query/complaint.h"

namespace chartline::cli {

class Session {
 public:
  // A text to prepare, and where each part of it came from.
  struct Composed {
    struct Part {
      std::uint32_t begin = 0, end = 0;  // in the text
      std::string name;                  // of an earlier definition; "" for a part of the input
      std::uint32_t input_begin = 0;     // of a part of the input
      std::string defines;               // the name that a part of the input defines; "" for none
    };
    std::string text;
    std::vector<Part> parts;
  };

  // An input that cannot be parsed is composed as it stands, so that its complaints are about it alone.
  Composed compose(std::string_view input) const;
  // Whether what the input defines was understood, and complaints are about its other statements only.
  static bool defines_well(const Composed& composed, std::span<const query::Complaint> complaints);
  // What the input defines counts from now on.
  void keep(const Composed& composed);

  // Complaints about the composed text at their places in the input; those within an earlier definition name it.
  std::string complaint_text(std::span<const query::Complaint> complaints, const Composed& composed,
                             std::string_view input, const Look& look) const;

  struct Definition {
    std::string name, text;
  };
  const std::vector<Definition>& definitions() const { return definitions_; }

 private:
  std::vector<Definition> definitions_;  // in the order in which the names came up
};

// The input with `explain` before each statement that gives an answer, and nothing before definitions.
std::string explaining(std::string_view input);

// Whether the last token is a semicolon.
bool is_closed(std::string_view input);

}  // namespace chartline::cli
