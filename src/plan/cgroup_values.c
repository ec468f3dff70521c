/* Conversions of weights, without libm: the binary is static, and small. */
#include "plan/cgroup_values.h"

enum {
	SHARES_MIN = 2,
	SHARES_MAX = 262144,
	WEIGHT_MAX = 10000
};

#define LN_2  0.693147180559945309417
#define LN_10 2.302585092994045684018

/* Natural logarithm of n >= 1: the power of two exactly, the rest, m in [1, 2), by
 * ln m = 2 (z + z^3/3 + z^5/5 + ...) with z = (m - 1) / (m + 1) <= 1/3. */
static double natural_log(uint64_t n)
{
	const int power = 63 - __builtin_clzll(n);
	const double m = (double)n / (double)(UINT64_C(1) << power);
	const double z = (m - 1) / (m + 1);
	double term = z, sum = 0;

	for (int k = 1; k < 40; k += 2) {
		sum += term / k;
		term *= z * z;
	}
	return power * LN_2 + 2 * sum;
}

/* e^x for 0 <= x < 10: the sum of x^k / k!. */
static double power_of_e(double x)
{
	double term = 1, sum = 0;

	for (int k = 1; k < 64; k++) {
		sum += term;
		term *= x / k;
	}
	return sum;
}

uint64_t plan_cpu_weight(uint64_t shares)
{
	/* The curve meets whole numbers at 2, 1024 and 262144 only; elsewhere it stays further away
	 * from them than this, and the sums above are nearer to the truth. */
	const double margin = 1e-9;
	double l, weight;

	if (shares <= SHARES_MIN)
		return 1;
	if (shares >= SHARES_MAX)
		return WEIGHT_MAX;
	l = natural_log(shares) / LN_2;
	weight = power_of_e(LN_10 * ((l * l + 125 * l - 126) / 612)) - margin;
	return (uint64_t)weight + 1;
}

uint64_t plan_io_weight(uint64_t weight)
{
	return 1 + (weight - 10) * 9999 / 990;
}
