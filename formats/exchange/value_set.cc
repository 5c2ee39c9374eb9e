// A FHIR ValueSet as a code list.
#include <string>

#include "formats/exchange/code_list_parts.h"
#include "formats/exchange/fhir_json.h"
#include "formats/record/systems.h"

namespace chartline::exchange {
namespace {

using fhir::Node;
using Reach = ListedCode::Reach;

class ValueSetReader {
 public:
  explicit ValueSetReader(CodeListGathering& into) : into_(into) {}

  Result<void> read(Node resource) {
    const Node expansion = resource["expansion"];
    if (expansion["contains"]) {
      into_.read.taken = "the expansion of a ValueSet";
      return contains(expansion["contains"], "expansion.contains");
    }
    const Node compose = resource["compose"];
    if (!compose["include"]) return refused("ValueSet", "it neither includes anything nor has an expansion");
    into_.read.taken = "what a ValueSet includes";
    TRY(sets(compose["include"], "compose.include", false));
    return sets(compose["exclude"], "compose.exclude", true);
  }

 private:
  Error refused(const std::string& path, std::string_view why) const {
    return unsupported(into_.file() + ": " + path + ": " + std::string(why));
  }

  Result<void> contains(Node list, const std::string& path) {
    std::size_t number = 0;
    for (const Node item : list.items()) {
      const std::string here = path + "[" + std::to_string(number++) + "]";
      // An abstract entry only groups what stands below it.
      if (item["code"] && !item["abstract"].boolean().value_or(false))
        take(item, item["system"].text(), here, Reach::one, false);
      TRY(contains(item["contains"], here + ".contains"));
    }
    return {};
  }

  Result<void> sets(Node list, const std::string& path, bool excluded) {
    std::size_t number = 0;
    for (const Node set : list.items()) TRY(one_set(set, path + "[" + std::to_string(number++) + "]", excluded));
    return {};
  }

  Result<void> one_set(Node set, const std::string& path, bool excluded) {
    if (set["valueSet"])
      return refused(path + ".valueSet", "it refers to another value set; import one that has an expansion");
    const std::string_view system = set["system"].text();
    if (system.empty()) return refused(path, "codes without a system");
    const Node concepts = set["concept"], filters = set["filter"];
    if (concepts && filters) return refused(path, "concepts and filters at once");
    if (filters) return filter(filters, system, path + ".filter", excluded);
    if (!concepts) {
      into_.row();
      into_.take({std::string(record::system_from_uri(system)), "", "every code of the system", Reach::prefix, excluded});
      return {};
    }
    std::size_t number = 0;
    for (const Node item : concepts.items())
      take(item, system, path + ".concept[" + std::to_string(number++) + "]", Reach::one, excluded);
    return {};
  }

  Result<void> filter(Node filters, std::string_view system, const std::string& path, bool excluded) {
    std::size_t number = 0;
    for (const Node filter : filters.items()) {
      if (number++ > 0) return refused(path, "several filters at once");
      const std::string_view op = filter["op"].text(), property = filter["property"].text();
      const bool below = op == "descendent-of" || op == "descendant-of";
      if ((op != "is-a" && !below) || (property != "concept" && property != "code"))
        return refused(path + "[0]", "only the filters `concept is-a` and `concept descendent-of` are read");
      take(filter["value"], filter, system, path + "[0]", below ? Reach::descendants : Reach::self_and_descendants,
           excluded);
    }
    return {};
  }

  void take(Node item, std::string_view system, const std::string& path, Reach reach, bool excluded) {
    take(item["code"], item, system, path, reach, excluded);
  }
  void take(Node code, Node item, std::string_view uri, const std::string& path, Reach reach, bool excluded) {
    into_.row();
    const std::string system(record::system_from_uri(uri));
    std::string canonical = record::canonical_code(system, code.text());
    if (uri.empty()) return into_.reject(0, path, "no_system", "the code has no system");
    if (canonical.empty()) return into_.reject(0, path, "no_code", "there is no code");
    into_.take({system, std::move(canonical), std::string(item["display"].text()), reach, excluded});
  }

  CodeListGathering& into_;
};

}  // namespace

Result<void> read_value_set(std::string_view json, CodeListGathering& into) {
  simdjson::dom::parser parser;
  const simdjson::padded_string padded(json);
  simdjson::dom::element root;
  if (parser.parse(padded).get(root) != simdjson::SUCCESS)
    return invalid_request(into.file() + ": it is not sound JSON");
  const Node resource(root);
  if (resource["resourceType"].text() != "ValueSet")
    return invalid_request(into.file() + ": it is no ValueSet; terminology is loaded by `import`");
  return ValueSetReader(into).read(resource);
}

}  // namespace chartline::exchange
