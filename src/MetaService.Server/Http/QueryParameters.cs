using System.Globalization;
using MetaService.Domain;

namespace MetaService.Server.Http;

/// <summary>Typed access to query parameters.</summary>
public static class QueryParameters
{
    /// <summary>The value of a parameter, or null when it is not given.</summary>
    public static string? Get(this HttpRequest request, string name) =>
        request.Query.TryGetValue(name, out var values) ? values.ToString() : null;

    /// <summary>A yes or no.</summary>
    /// <exception cref="MetaServiceException">It is neither true nor false.</exception>
    public static bool GetFlag(this HttpRequest request, string name, bool defaultValue = false) => request.Get(name) switch
    {
        null or "" => defaultValue,
        "true" or "1" => true,
        "false" or "0" => false,
        _ => throw Errors.Invalid($"{name} must be true or false"),
    };

    /// <summary>A whole number.</summary>
    /// <exception cref="MetaServiceException">It is not one or out of bounds.</exception>
    public static int GetInt(this HttpRequest request, string name, int defaultValue, int min, int max) => request.Get(name) switch
    {
        null or "" => defaultValue,
        var text when int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) &&
            value >= min && value <= max => value,
        _ => throw Errors.Invalid($"{name} must be a number from {min} to {max}"),
    };

    /// <summary>An id that must be given.</summary>
    /// <exception cref="MetaServiceException">It is missing or not a number that an id may be.</exception>
    public static long GetId(this HttpRequest request, string name) => Check.Given(request.Get(name), name) switch
    {
        var text when long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) => value,
        _ => throw Errors.Invalid($"{name} must be a whole number"),
    };
}
