// Laws of the language: conditions that hold for every patient of every store, whatever stands in their places. They judge
// what both executors say, so they find what both get wrong.
//
//   $P $Q $R   a condition        $p $q   one about `it`        #(X)   1, 2 or 3: X is true, false or unknown
//   $E $F $G   events             $f      about `it`            NAME   a name of the law's own
//   $N $M      a number           $n      about `it`
//   $V $W      a value as recorded        $C $K   a clause      lines before the last are definitions
//   $T $U      a time             $D      a duration            $A $B   two days, in order
#pragma once

#include <array>
#include <string_view>

namespace chartline::query::random {

struct Law {
  std::string_view name, text;
};

inline constexpr auto laws = std::to_array<Law>({
    // logic
    {"not and", "#(not ($P and $Q)) = #((not $P) or (not $Q))"},
    {"not or", "#(not ($P or $Q)) = #((not $P) and (not $Q))"},
    {"and over or", "#($P and ($Q or $R)) = #(($P and $Q) or ($P and $R))"},
    {"at least one", "#(at least 1 of ($P, $Q, $R)) = #($P or $Q or $R)"},
    {"at least all", "#(at least 3 of ($P, $Q, $R)) = #($P and $Q and $R)"},
    {"at most", "#(at most 1 of ($P, $Q, $R)) = #(not (at least 2 of ($P, $Q, $R)))"},
    {"exactly", "#(exactly 2 of ($P, $Q, $R)) = #((at least 2 of ($P, $Q, $R)) and (at most 2 of ($P, $Q, $R)))"},
    {"unknown is missing", "(($P and true) is missing) = (#($P) = 3)"},
    {"otherwise false", "(#($P ?? false) = 1) = (#($P) = 1)"},
    {"equal to true", "#($P = true) = #($P)"},
    {"exists and count", "(exists $E) = (count($E) > 0)"},
    {"no and count", "(no $E) = (count($E) = 0)"},
    {"no and exists", "(no $E) = (not (exists $E))"},

    // sets
    {"union and both", "count($E | $F) + count($E & $F) = count($E) + count($F)"},
    {"without and both", "count($E - $F) + count($E & $F) = count($E)"},
    {"both over union", "count(($E | $F) & $G) = count(($E & $G) | ($F & $G))"},
    {"union has no order", "no (($E | $F) - ($F | $E))"},
    {"what was taken out is gone", "no (($E - $F) & $F)"},

    // clauses
    {"where, where not, where unknown",
     "count($E where $p) + count($E where (not $p)) + count($E where (($p and true) is missing)) = count($E)"},
    {"where and", "count($E where $p where $q) = count($E where ($p and $q))"},
    {"where or", "count(($E where $p) | ($E where $q)) = count($E where ($p or $q))"},
    {"with and without", "count($E with ($f)) + count($E without ($f)) = count($E)"},
    {"with and exists", "count($E with ($f)) = count($E where (exists $f))"},
    {"without and no", "count($E without ($f)) = count($E where (no $f))"},
    {"clauses have no order", "count(($E $C) $K) = count(($E $K) $C)"},
    {"two clauses keep what both keep", "count(($E $C) $K) = count(($E $C) & ($E $K))"},
    {"before and after", "count($E before $T) + count($E after $T) <= count($E)"},
    {"before and less", "count($E before $T) = count($E where (it.start < $T))"},
    {"a longer window", "no (($E within 10d after $T) - ($E within 20d after $T))"},
    {"a longer window back", "no (($E within 5h before $T) - ($E within 10h before $T))"},
    {"a window and its edge", "no (($E within $D before $T) - ($E within $D on or before $T))"},
    {"a window on both sides", "no (($E within $D after $T) - ($E within $D of $T))"},
    {"during and overlapping", "no (($E during $F) - ($E overlapping $F))"},
    {"in and its bounds", "count($E in $A..$B) = count($E on or after $A on or before $B)"},
    {"in and where in", "count($E in $A..$B) = count($E where (it.date in $A..$B))"},
    {"on or before a day", "count($E on or before $A) = count($E where (it.date <= $A))"},
    {"same date as a day", "count($E same date as $A) = count($E where (it.date = $A))"},
    {"a filter of one event", "#(((first $E) $C) is missing) = #(no ((first $E) $C))"},
    {"lasting keeps all", "count($E lasting $D) = count($E)"},

    // choosing
    {"first is nth 1", "#((first $E) = nth(1, $E)) = (case when exists $E then 1 else 3 end)"},
    {"nothing before the first", "(no $E) or (no ($E preceding (first $E)))"},
    {"all others after the first", "(no $E) or (count($E following (first $E)) < count($E))"},
    {"second is first behind first",
     "(count($E) < 2) or (nth(2, $E) = (first ($E following (first $E)))) or (nth(2, $E) = (first $E))"},
    {"last has none behind", "(no $E) or (no ($E following (last $E)))"},
    {"first of a filter", "(no ($E where $p)) or ((first ($E where $p)) = nth(1, ($E where $p)))"},
    {"count of one", "count(first $E) = (case when exists $E then 1 else 0 end)"},
    {"a first is missing", "((first $E) is missing) = (no $E)"},
    {"lowest and highest",
     "#((lowest ($E where it.unit = 'kg')).value <= (highest ($E where it.unit = 'kg')).value) != 2"},

    // folds
    {"sum of ones", "(sum(1 over $E) ?? 0) = count($E)"},
    {"count over", "count(($p and true) over $E) = count($E where $p)"},
    {"count of what is known", "count($n over $E) = count($E where ($n is not missing))"},
    {"max and min", "#(max($n over $E) = (- min((- $n) over $E))) != 2"},
    {"median between",
     "(#(median($n over $E) < min($n over $E)) != 1) and (#(median($n over $E) > max($n over $E)) != 1)"},
    {"distinct dates", "distinct($E.date) <= count($E)"},
    {"distinct of a constant", "distinct(1 over $E) = (case when exists $E then 1 else 0 end)"},
    {"a fold of one event", "#(max((first $E).value) = (first $E).value) != 2"},
    {"eras lose none", "(sum(eras($E, gap $D).count) ?? 0) = (sum(($E where (it.start is not missing)).count) ?? 0)"},
    {"episodes lose none",
     "(sum(episodes($E, gap $D).count) ?? 0) = (sum(($E where (it.start is not missing)).count) ?? 0)"},
    {"a longer gap", "count(eras($E, gap 30d)) <= count(eras($E, gap 10d))"},
    {"covered is a part", "(covered($E, $A, $B) >= 0) and (covered($E, $A, $B) <= 1)"},
    {"covered by either", "covered($E | $F, $A, $B) <= covered($E, $A, $B) + covered($F, $A, $B) + 0.000001"},

    // values
    {"least and greatest", "#(least($N, $M) <= greatest($N, $M)) != 2"},
    {"less and not at least", "#($N < $M) = #(not ($N >= $M))"},
    {"equal and not unequal", "#($V = $W) = #(not ($V != $W))"},
    {"less turned around", "#($V < $W) = #($W > $V)"},
    {"earlier and not later", "#($T < $U) = #(not ($T >= $U))"},
    {"earlier turned around", "#($T < $U) = #($U > $T)"},
    {"otherwise is known", "($N ?? 5) is not missing"},
    {"a case with one value", "#((case when $P then $N else $N end) = $N) = #($N = $N)"},
    {"days there and back", "#((days from $T to $U) = (- (days from $U to $T))) != 2"},
    {"years there and back", "#((years from $T to $U) = (- (years from $U to $T))) != 2"},
    {"later by a while", "#(($T + 3mo) >= $T) != 2"},
    {"older later", "#(age($A) <= age($B)) != 2"},
    {"floor", "#(floor($N) <= $N) != 2"},
    {"square", "#(power($N, 2) >= 0) != 2"},

    // who
    {"alive before", "(#(alive($B)) != 1) or (#(birth <= $A) != 1) or (#(alive($A)) = 1)"},
    {"observed a day", "#(observed($A, $A)) = #(registered($A))"},
    {"observed is registered", "(#(observed($A, $B)) != 1) or (#(registered($A) and registered($B)) = 1)"},

    // names
    {"let of a condition", "let NAME = $P\n#(NAME) = #($P)"},
    {"let of events", "let NAME = $E\ncount(NAME $C) = count($E $C)"},
    {"let of a number", "let NAME = $N\n#(NAME < $M) = #($N < $M)"},
    {"let of a time", "let NAME = $T\ncount($E after NAME) = count($E after $T)"},
    {"cohort", "cohort NAME = $P\n(in NAME) = (#($P) = 1)"},
    {"cohort with an index", "cohort NAME per $E as ixNAME = $P\n(in NAME) = ((exists $E) and (#($P) = 1))"},
    {"cohort by its index",
     "cohort NAME per $E as ixNAME = exists ($F after ixNAME)\n(in NAME) = (exists ($E with ($F after it)))"},
});

}  // namespace chartline::query::random
