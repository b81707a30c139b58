/* Products of 8-bit integers with vpdpbusd, which multiplies unsigned by signed bytes and adds four products at a time.
 * Inputs are therefore stored as value + 128, and 128 * (sum of the weights) is subtracted from every result. */
#define INT8_CHUNK 192

/* Packs weight (outputs, n) into packed (outputs / COLUMNS rounded up, n / 4, COLUMNS, 4), padded with zeros, and
 * computes corrections (outputs) = 128 * sum of each row. n is a multiple of 4. */
void pack_int8(const int8_t *weight, int8_t *packed, int32_t *corrections, int64_t outputs, int64_t n) {
    int64_t blocks = (outputs + COLUMNS - 1) / COLUMNS;
#pragma omp parallel for schedule(static)
    for (int64_t block = 0; block < blocks; block++)
        for (int64_t c = 0; c < COLUMNS; c++) {
            int64_t output = block * COLUMNS + c;
            int32_t sum = 0;
            for (int64_t k = 0; k < n; k++) {
                int8_t value = output < outputs ? weight[output * n + k] : 0;
                packed[((block * (n / 4) + k / 4) * COLUMNS + c) * 4 + k % 4] = value;
                sum += value;
            }
            if (output < outputs) corrections[output] = 128 * sum;
        }
}

#if HAS_INT8_PRODUCT
DEFINE_TILE(int8_tile, "vpdpbusd")
#endif
