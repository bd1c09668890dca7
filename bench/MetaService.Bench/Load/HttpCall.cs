namespace MetaService.Bench.Load;

/// <summary>A request as a template; wrk.lua says what may stand in braces.</summary>
/// <param name="Weight">How often, compared with the other calls of the load.</param>
internal sealed record HttpCall(string Method, string Path, string? Body = null, int Weight = 1);

/// <summary>What wrk sends.</summary>
/// <param name="Pool">How many things <c>{random}</c> and <c>{cycle}</c> choose from.</param>
/// <param name="Block">How many requests in a row get the same <c>{block}</c>.</param>
/// <param name="PerSecond">Requests per second to aim at; 0: as fast as replies come.</param>
internal sealed record HttpLoad(IReadOnlyList<HttpCall> Calls, int Pool = 0, int Block = 0, double PerSecond = 0);
