namespace MetaService.Json;

/// <summary>The forms in which messages are written as JSON.</summary>
public enum ProtoJsonStyle
{
    /// <summary>Replies of the HTTP surface: indented by 4 spaces, 64-bit integers as strings.</summary>
    Http,

    /// <summary>Replies of the RPC surface: no white space, 64-bit integers as numbers.</summary>
    Rpc,

    /// <summary>Single records as get_value shows them: no white space, 64-bit integers as strings.</summary>
    Record,
}
