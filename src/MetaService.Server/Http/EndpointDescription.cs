using MetaService.Server.Access;

namespace MetaService.Server.Http;

/// <summary>An endpoint, as the documentation tells of it and as it is guarded.</summary>
/// <param name="Name">The last part of its path.</param>
/// <param name="Verb">The verb that the API document shows; GET, PUT and POST are answered alike.</param>
/// <param name="Scope">What a caller must be allowed.</param>
/// <param name="Summary">One sentence.</param>
/// <param name="Request">Type of the JSON body, if it takes one.</param>
/// <param name="Result">Type of the envelope's result, if it has one; null for a reply in plain text.</param>
/// <param name="Query">Names of its query parameters.</param>
public sealed record EndpointDescription(
    string Name, string Verb, Scopes Scope, string Summary, Type? Request = null, Type? Result = null, params string[] Query)
{
    /// <summary>Whether the reply is plain text instead of the JSON envelope.</summary>
    public bool IsText { get; init; }

    /// <summary>Whether it is answered under any load: it does no work, and is there to deal with loads.</summary>
    public bool IsControl { get; init; }

    /// <summary>The heading under which the documentation lists it.</summary>
    public string Group { get; init; } = "";
}

/// <summary>The name under which an endpoint appears in logs and metrics; never the path that was sent.</summary>
public sealed record RouteName(string Name);
