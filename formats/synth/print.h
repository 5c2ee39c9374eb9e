// Facts as rows of CSV.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "formats/synth/fact.h"
#include "formats/synth/population.h"

namespace chartline::synth {

std::string_view header(Form form);
// Rows of `full` or `narrow`.
void print_facts(const Catalogue& catalogue, const Person& person, std::span<const Fact> facts, Form form,
                 std::string& rows);
// The one row of `people`.
void print_person(const Person& person, std::string& rows);

}  // namespace chartline::synth
