/* loadgen/places.c - the table of country codes. */
#include "loadgen/places.h"

#include <assert.h>
#include <string.h>

/* ISO 3166-1 alpha-2, two characters each: first fifty with much traffic (a guess), then the others by alphabet. */
static const char codes[] =
    "USINBRIDJPGBDEMXFRKRVNTRPHTHESITCAEGARPKNGBDCOPLSAUAMYAUZAVENLMAPECLTWROIQDZKEAEBESECZGRPTHUILCH"
    "ATBGADAFAGAIALAMAOAQASAWAXAZBABBBFBHBIBJBLBMBNBOBQBSBTBVBWBYBZCCCDCFCGCICKCMCNCRCUCVCWCXCYDJDKDM"
    "DOECEEEHERETFIFJFKFMFOGAGDGEGFGGGHGIGLGMGNGPGQGSGTGUGWGYHKHMHNHRHTIEIMIOIRISJEJMJOKGKHKIKMKNKPKW"
    "KYKZLALBLCLILKLRLSLTLULVLYMCMDMEMFMGMHMKMLMMMNMOMPMQMRMSMTMUMVMWMZNANCNENFNINONPNRNUNZOMPAPFPGPM"
    "PNPRPSPWPYQARERSRURWSBSCSDSGSHSISJSKSLSMSNSOSRSSSTSVSXSYSZTCTDTFTGTJTKTLTMTNTOTTTVTZUGUMUYUZVAVC"
    "VGVIVUWFWSYEYTZMZW";
enum { CODES = (sizeof codes - 1) / 2 };

size_t place_name(uint32_t index, char out[PLACE_NAME_MAX]) {
    assert(index < PLACES_MAX);
    if (index < CODES) {
        memcpy(out, codes + 2 * (size_t)index, 2);
        return 2;
    }
    uint32_t number = index + 1;
    out[0] = 'L';
    for (size_t i = PLACE_NAME_MAX - 1; i > 0; i--, number /= 10) out[i] = (char)('0' + number % 10);
    return PLACE_NAME_MAX;
}
