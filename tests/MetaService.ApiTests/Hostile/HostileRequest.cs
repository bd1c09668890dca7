using System.Text;

namespace MetaService.ApiTests.Hostile;

/// <summary>A request that nobody should send.</summary>
/// <param name="Endpoint">The endpoint's name, for what it may answer.</param>
/// <param name="Verb">HTTP method.</param>
/// <param name="Path">Path and query, with the token.</param>
public sealed record HostileRequest(string Endpoint, string Verb, string Path, byte[]? Body)
{
    // Parts of a query, some of which are no proper encoding of anything.
    private static readonly string[] WrongValues =
    [
        "", "%00", "%ff%fe", "%ED%A0%80", "%", "%zz", "%u0041", "a%0d%0aSet-Cookie:x", "..%2f..%2f", "%2525",
        "1:2:3", "-1", "1e9", "99999999999999999999", "null", "%7b%7d", "%e5%8c%97", "%f0%9f%98%80", "'%22%3c%3e", "+",
        new string('z', 3000), "0110696e7374616e636500011072656772657373696f6e", "InstanceKey",
        "StatsTabletKey", "VersionedPartitionVersionKey",
    ];

    /// <summary>Every endpoint with every kind of wrong body and query.</summary>
    public static IEnumerable<HostileRequest> All(ApiClient api, IEnumerable<ApiDescription> endpoints, Random random)
    {
        foreach (var endpoint in endpoints)
        {
            foreach (var body in endpoint.Example is { } example
                ? JsonMutations.OfFields(example).Select(Encoding.UTF8.GetBytes).Concat(JsonMutations.OfWhole(example, random))
                : [])
            {
                yield return new HostileRequest(endpoint.Name, endpoint.Verb, api.PathOf(endpoint.Name), body);
            }

            foreach (var query in Queries(endpoint, random))
            {
                yield return new HostileRequest(endpoint.Name, endpoint.Verb, api.PathOf(endpoint.Name) + query, null);
            }
        }
    }

    /// <summary>A request for the log of a failed test.</summary>
    public override string ToString()
    {
        var body = Body is null ? "" : Encoding.UTF8.GetString(Body.AsSpan(0, Math.Min(Body.Length, 500)));
        return $"{Verb} {Path} {body}";
    }

    private static IEnumerable<string> Queries(ApiDescription endpoint, Random random)
    {
        foreach (var name in endpoint.Query.Append("nothing"))
        {
            foreach (var value in WrongValues)
            {
                yield return $"&{name}={value}";
            }
        }

        yield return "&%00=%00&%ff";
        yield return "&=&&&==";
        yield return "&" + new string('&', 2000);
        yield return "&token=x";
        yield return "#fragment";
        if (endpoint.Query.Count > 1)
        {
            for (var i = 0; i < 40; i++)
            {
                yield return string.Concat(endpoint.Query.Select(
                    name => $"&{name}={WrongValues[random.Next(WrongValues.Length)]}"));
            }
        }
    }
}
